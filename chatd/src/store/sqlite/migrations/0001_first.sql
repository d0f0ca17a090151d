-- The first schema. Times are milliseconds since 1970 UTC. `STRICT` keeps wrong types out.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A handle is never renamed and never given again, so rows are never deleted.
CREATE TABLE user (
    id            INTEGER PRIMARY KEY,
    handle        TEXT    NOT NULL UNIQUE,
    password_hash TEXT,               -- PHC string; NULL: no password opens this account
    created       INTEGER NOT NULL,
    last_seen     INTEGER
) STRICT;

-- Of a session only what revoking needs; never its token.
CREATE TABLE session (
    id      TEXT PRIMARY KEY,
    user    INTEGER NOT NULL REFERENCES user,
    device  TEXT,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_user ON session (user);
CREATE INDEX session_by_expires ON session (expires);

-- `id` is random, see key.rs. `version` counts every durable change, `last_index` the messages.
CREATE TABLE channel (
    id         INTEGER PRIMARY KEY,
    kind       TEXT    NOT NULL,      -- public, private, dm
    name       TEXT    NOT NULL,
    topic      TEXT    NOT NULL DEFAULT '',
    owner      INTEGER REFERENCES user,
    creator    INTEGER REFERENCES user,
    created    INTEGER NOT NULL,
    last_index INTEGER NOT NULL DEFAULT 0,
    version    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX channel_public_name ON channel (name) WHERE kind = 'public';
CREATE INDEX channel_by_creator ON channel (creator);

-- The one direct conversation of two people, the smaller user id first.
CREATE TABLE dm (
    low     INTEGER NOT NULL REFERENCES user,
    high    INTEGER NOT NULL REFERENCES user,
    channel INTEGER NOT NULL REFERENCES channel,
    PRIMARY KEY (low, high)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX dm_by_channel ON dm (channel);

CREATE TABLE member (
    channel   INTEGER NOT NULL REFERENCES channel,
    user      INTEGER NOT NULL REFERENCES user,
    role      TEXT    NOT NULL,       -- owner, moderator, member
    joined    INTEGER NOT NULL,       -- the channel's version then
    last_read INTEGER NOT NULL,
    PRIMARY KEY (channel, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_by_user ON member (user);

-- `idx` is the message's index: 1, 2, 3, … in its channel. `version` is that of its last change.
CREATE TABLE message (
    channel  INTEGER NOT NULL,
    idx      INTEGER NOT NULL,
    version  INTEGER NOT NULL,
    date     INTEGER NOT NULL,
    user     INTEGER NOT NULL REFERENCES user,
    kind     TEXT    NOT NULL,        -- text, action, system, cipher
    content  TEXT    NOT NULL,
    mentions TEXT    NOT NULL,        -- handles, separated by a space
    reply_to INTEGER,
    PRIMARY KEY (channel, idx)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX message_by_version ON message (channel, version);

-- Apart from `message`, so that what happens to a message later changes nothing about its sending.
CREATE TABLE nonce (
    channel INTEGER NOT NULL,
    user    INTEGER NOT NULL,
    nonce   TEXT    NOT NULL,
    digest  BLOB    NOT NULL,         -- tells the same content sent again from another one
    idx     INTEGER NOT NULL,
    version INTEGER NOT NULL,
    date    INTEGER NOT NULL,
    PRIMARY KEY (channel, user, nonce)
) STRICT, WITHOUT ROWID;

-- Mentions not read yet: rows behind the reader's `last_read` are removed as it moves.
CREATE TABLE mention (
    user    INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    idx     INTEGER NOT NULL,
    PRIMARY KEY (user, channel, idx)
) STRICT, WITHOUT ROWID;
