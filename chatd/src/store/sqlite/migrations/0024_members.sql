-- How many are in a channel: counting them walks all of them, and who joins asks for the number.
ALTER TABLE channel ADD COLUMN members INTEGER NOT NULL DEFAULT 0;
UPDATE channel SET members = (SELECT count(*) FROM member WHERE member.channel = channel.id);

-- Of a channel that was deleted there is no row, and nothing is counted while its members are removed.
CREATE TRIGGER count_member_added AFTER INSERT ON member BEGIN
    UPDATE channel SET members = members + 1 WHERE id = new.channel;
END;
CREATE TRIGGER count_member_removed AFTER DELETE ON member BEGIN
    UPDATE channel SET members = members - 1 WHERE id = old.channel;
END;

-- The row of a deleted channel goes at once; its members, bans and codes are removed in steps after that, as messages are.
-- Until then they point to a row of removed_channel, which `chatd verify` checks. To copy a table without the reference would
-- take minutes where there are millions of members; this is the other way that https://sqlite.org/lang_altertable.html names
-- (Making Other Kinds Of Table Schema Changes).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, ' REFERENCES channel,', ',')
WHERE type = 'table' AND name IN ('member', 'ban', 'invitation');
PRAGMA writable_schema = RESET;

-- What there is of a kind: counting it walks all of it.
CREATE TABLE total (
    name  TEXT    PRIMARY KEY,
    count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO total (name, count) VALUES
    ('accounts', (SELECT count(*) FROM user WHERE deleted IS NULL)),
    ('guests', (SELECT count(*) FROM user WHERE deleted IS NULL AND guest = 1)),
    ('channels', (SELECT count(*) FROM channel WHERE kind <> 'wall')),
    ('public channels', (SELECT count(*) FROM channel WHERE kind = 'public')),
    ('messages', (SELECT coalesce(sum(last_index), 0) FROM channel));

-- Accounts are never removed: their words point to them.
CREATE TRIGGER count_account_added AFTER INSERT ON user BEGIN
    UPDATE total SET count = count + (new.deleted IS NULL) WHERE name = 'accounts';
    UPDATE total SET count = count + (new.deleted IS NULL AND new.guest = 1) WHERE name = 'guests';
END;
CREATE TRIGGER count_account_changed AFTER UPDATE OF deleted, guest ON user BEGIN
    UPDATE total SET count = count + (new.deleted IS NULL) - (old.deleted IS NULL) WHERE name = 'accounts';
    UPDATE total SET count = count + (new.deleted IS NULL AND new.guest = 1) - (old.deleted IS NULL AND old.guest = 1)
    WHERE name = 'guests';
END;
CREATE TRIGGER count_channel_added AFTER INSERT ON channel BEGIN
    UPDATE total SET count = count + (new.kind <> 'wall') WHERE name = 'channels';
    UPDATE total SET count = count + (new.kind = 'public') WHERE name = 'public channels';
    UPDATE total SET count = count + new.last_index WHERE name = 'messages';
END;
CREATE TRIGGER count_channel_changed AFTER UPDATE OF kind ON channel BEGIN
    UPDATE total SET count = count + (new.kind <> 'wall') - (old.kind <> 'wall') WHERE name = 'channels';
    UPDATE total SET count = count + (new.kind = 'public') - (old.kind = 'public') WHERE name = 'public channels';
END;
CREATE TRIGGER count_channel_removed AFTER DELETE ON channel BEGIN
    UPDATE total SET count = count - (old.kind <> 'wall') WHERE name = 'channels';
    UPDATE total SET count = count - (old.kind = 'public') WHERE name = 'public channels';
    UPDATE total SET count = count - old.last_index WHERE name = 'messages';
END;
-- New messages are counted once for all of a commit, by the writer.

-- What an account that is deleted or disabled leaves elsewhere: without these all of it is walked, whoever's it is.
CREATE INDEX ban_by_user ON ban (user);
CREATE INDEX kept_mute_by_user ON kept_mute (user);
CREATE INDEX invitation_by_user ON invitation (user);
CREATE INDEX ssh_key_by_user ON ssh_key (user);
CREATE INDEX notice_waiting_by ON notice (by) WHERE waiting = 1;
CREATE INDEX notice_of_asking ON notice (by) WHERE channel = 0;
