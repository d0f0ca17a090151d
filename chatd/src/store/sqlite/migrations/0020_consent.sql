-- Who may make somebody a member at once.
ALTER TABLE user ADD COLUMN may_invite TEXT NOT NULL DEFAULT 'everyone';    -- everyone, shared, friends

-- How somebody came into a channel, and what they have done there since.
ALTER TABLE member ADD COLUMN added_by   INTEGER;                        -- who added them; NULL: they came themselves
ALTER TABLE member ADD COLUMN untouched  INTEGER NOT NULL DEFAULT 0;     -- 1: added, and neither read nor written there since
ALTER TABLE member ADD COLUMN apart      INTEGER NOT NULL DEFAULT 0;     -- 1: it is no channel that they share, for presence
ALTER TABLE member ADD COLUMN closed     INTEGER NOT NULL DEFAULT 0;     -- 1: a direct conversation that is in no list of theirs
ALTER TABLE member ADD COLUMN reads_from INTEGER NOT NULL DEFAULT 1;     -- the first message that they may read
ALTER TABLE channel ADD COLUMN history_from INTEGER NOT NULL DEFAULT 1;  -- the same, for who joins
CREATE INDEX member_added ON member (user, added_by) WHERE added_by IS NOT NULL;

-- Who added whom was kept as long as it stood in the list of what happened; whoever has not looked at that and has said nothing
-- there is taken for somebody who never came.
UPDATE member SET added_by = notice.by, untouched = notice.cleared IS NULL AND NOT EXISTS (
        SELECT 1 FROM nonce WHERE nonce.channel = member.channel AND nonce.user = member.user)
    FROM notice WHERE notice.kind = 'invite' AND notice.channel = member.channel AND notice.user = member.user;

-- In a direct conversation whoever has said nothing has not agreed to be seen.
UPDATE member SET apart = 1 WHERE channel IN (SELECT channel FROM dm)
    AND NOT EXISTS (SELECT 1 FROM nonce WHERE nonce.channel = member.channel AND nonce.user = member.user);

-- An invitation that waits is an entry of the list of what happened.
ALTER TABLE notice ADD COLUMN waiting INTEGER NOT NULL DEFAULT 0;
CREATE INDEX notice_waiting ON notice (user, date) WHERE waiting = 1;

-- What was told within the last minutes, so that it is not told again and again.
CREATE TABLE rung (
    user    INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    idx     INTEGER NOT NULL,
    kind    TEXT    NOT NULL,
    by      INTEGER NOT NULL,
    date    INTEGER NOT NULL,
    PRIMARY KEY (user, channel, idx, kind, by)
) STRICT, WITHOUT ROWID;
CREATE INDEX rung_by_date ON rung (date);

-- What was done within the last day among people who are no friends: channels that others added `user` to (`added`), and
-- direct conversations that `user` opened (`opened`).
CREATE TABLE among_strangers (
    user INTEGER NOT NULL,
    what TEXT    NOT NULL,
    date INTEGER NOT NULL
) STRICT;
CREATE INDEX among_strangers_of ON among_strangers (user, what, date);
CREATE INDEX among_strangers_by_date ON among_strangers (date);

-- What a name looks like (UTS #39), so that no channel passes for another.
ALTER TABLE channel ADD COLUMN skeleton TEXT;
UPDATE channel SET skeleton = skeleton(name) WHERE kind = 'public';
CREATE INDEX channel_skeleton ON channel (skeleton) WHERE kind = 'public';

-- Rules that are stricter now hold for what is there.
UPDATE channel SET topic = visible_line(topic) WHERE topic <> visible_line(topic);
UPDATE user SET status = visible_line(status), display_name = visible_line(display_name)
    WHERE status <> visible_line(status) OR display_name <> visible_line(display_name);
-- Who holds such a message keeps what it was shown until the message changes: numbering all of them anew would make every
-- client fetch them again.
DELETE FROM reaction WHERE same_emoji(emoji) IS NULL;
UPDATE OR IGNORE reaction SET emoji = same_emoji(emoji) WHERE emoji <> same_emoji(emoji);
DELETE FROM reaction WHERE emoji <> same_emoji(emoji);
DELETE FROM notice WHERE kind = 'reaction' AND same_emoji(emoji) IS NULL;
UPDATE notice SET emoji = same_emoji(emoji) WHERE kind = 'reaction' AND emoji <> same_emoji(emoji);

-- Nobody is kept out any more who is gone.
DELETE FROM ban WHERE user IN (SELECT id FROM user WHERE deleted IS NOT NULL);

-- Codes and rights end together.
DELETE FROM invitation WHERE NOT EXISTS (
    SELECT 1 FROM member JOIN user ON user.id = member.user
    WHERE member.channel = invitation.channel AND member.user = invitation.user
      AND role IN ('owner', 'moderator') AND disabled IS NULL);

-- Private channels that everybody has left are gone.
INSERT INTO removed_channel (id) SELECT id FROM channel
    WHERE kind = 'private' AND NOT EXISTS (SELECT 1 FROM member WHERE member.channel = channel.id);
DELETE FROM ban        WHERE channel IN (SELECT id FROM removed_channel);
DELETE FROM kept_mute  WHERE channel IN (SELECT id FROM removed_channel);
DELETE FROM pin        WHERE channel IN (SELECT id FROM removed_channel);
DELETE FROM notice     WHERE channel IN (SELECT id FROM removed_channel);
DELETE FROM invitation WHERE channel IN (SELECT id FROM removed_channel);
DELETE FROM channel    WHERE id IN (SELECT id FROM removed_channel);
