-- From where somebody asks for an account (source.rs), so that no network fills the queue.
ALTER TABLE registration ADD COLUMN source TEXT NOT NULL DEFAULT 'local';

-- Accounts that an operator has deleted are as gone as those that their people have: what they said of themselves, how the
-- system knew them, their walls and their handles.
UPDATE user SET presence = 'online', status = '', display_name = '', about = '', avatar = '', theme = '', last_seen = NULL,
    sees_presence = 'shared', may_write = 'everyone', may_invite = 'everyone', reads_posts = 'friends'
    WHERE deleted IS NOT NULL;
DELETE FROM local_user WHERE user IN (SELECT id FROM user WHERE deleted IS NOT NULL);
DELETE FROM ssh_key    WHERE user IN (SELECT id FROM user WHERE deleted IS NOT NULL);
DELETE FROM draft      WHERE user IN (SELECT id FROM user WHERE deleted IS NOT NULL);
DELETE FROM mention    WHERE user IN (SELECT id FROM user WHERE deleted IS NOT NULL);
DELETE FROM notice     WHERE user IN (SELECT id FROM user WHERE deleted IS NOT NULL);
DELETE FROM kept_mute  WHERE user IN (SELECT id FROM user WHERE deleted IS NOT NULL);
INSERT INTO removed_channel (id) SELECT channel.id FROM channel JOIN user ON user.id = channel.owner
    WHERE channel.kind = 'wall' AND user.deleted IS NOT NULL;
DELETE FROM post    WHERE channel IN (SELECT id FROM removed_channel);
DELETE FROM pin     WHERE channel IN (SELECT id FROM removed_channel);
DELETE FROM notice  WHERE channel IN (SELECT id FROM removed_channel);
DELETE FROM channel WHERE id IN (SELECT id FROM removed_channel);
INSERT OR IGNORE INTO spent_handle (handle)
    SELECT handle FROM user WHERE deleted IS NOT NULL AND handle NOT GLOB 'deleted-*';
UPDATE OR IGNORE user SET handle = 'deleted-' || lower(hex(randomblob(4)))
    WHERE deleted IS NOT NULL AND handle NOT GLOB 'deleted-*';

-- What names a device or a program is shown on terminals.
UPDATE session SET device = NULL WHERE device <> visible_line(coalesce(device, ''));
UPDATE session SET client = NULL WHERE client <> visible_line(coalesce(client, ''));
