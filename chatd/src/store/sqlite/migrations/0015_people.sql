-- What people say of themselves and have set for themselves.
ALTER TABLE user ADD COLUMN presence      TEXT NOT NULL DEFAULT 'online';    -- by hand: online, away, dnd, invisible
ALTER TABLE user ADD COLUMN status        TEXT NOT NULL DEFAULT '';
ALTER TABLE user ADD COLUMN display_name  TEXT NOT NULL DEFAULT '';
ALTER TABLE user ADD COLUMN about         TEXT NOT NULL DEFAULT '';
ALTER TABLE user ADD COLUMN avatar        TEXT NOT NULL DEFAULT '';
ALTER TABLE user ADD COLUMN theme         TEXT NOT NULL DEFAULT '';
ALTER TABLE user ADD COLUMN sees_presence TEXT NOT NULL DEFAULT 'shared';    -- everyone, shared, friends
ALTER TABLE user ADD COLUMN may_write     TEXT NOT NULL DEFAULT 'everyone';
ALTER TABLE user ADD COLUMN reads_posts   TEXT NOT NULL DEFAULT 'friends';

-- Friends, a row for each of the two.
CREATE TABLE friend (
    user  INTEGER NOT NULL REFERENCES user,
    other INTEGER NOT NULL REFERENCES user,
    since INTEGER NOT NULL,
    PRIMARY KEY (user, other)
) STRICT, WITHOUT ROWID;

-- Who has asked whom to be a friend.
CREATE TABLE friend_ask (
    user  INTEGER NOT NULL REFERENCES user,
    other INTEGER NOT NULL REFERENCES user,
    since INTEGER NOT NULL,
    PRIMARY KEY (user, other)
) STRICT, WITHOUT ROWID;
CREATE INDEX friend_ask_by_other ON friend_ask (other);

-- Whom somebody has blocked.
CREATE TABLE block (
    user  INTEGER NOT NULL REFERENCES user,
    other INTEGER NOT NULL REFERENCES user,
    since INTEGER NOT NULL,
    PRIMARY KEY (user, other)
) STRICT, WITHOUT ROWID;
