PRAGMA application_id = 1667789924;
PRAGMA user_version = 4;
BEGIN;
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE user (
    id            INTEGER PRIMARY KEY,
    handle        TEXT    NOT NULL UNIQUE,
    password_hash TEXT,               -- PHC string; NULL: no password opens this account
    created       INTEGER NOT NULL,
    last_seen     INTEGER
, disabled INTEGER, deleted INTEGER) STRICT;
CREATE TABLE session (
    id      TEXT PRIMARY KEY,
    user    INTEGER NOT NULL REFERENCES user,
    device  TEXT,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
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
CREATE TABLE dm (
    low     INTEGER NOT NULL REFERENCES user,
    high    INTEGER NOT NULL REFERENCES user,
    channel INTEGER NOT NULL REFERENCES channel,
    PRIMARY KEY (low, high)
) STRICT, WITHOUT ROWID;
CREATE TABLE member (
    channel   INTEGER NOT NULL REFERENCES channel,
    user      INTEGER NOT NULL REFERENCES user,
    role      TEXT    NOT NULL,       -- owner, moderator, member
    joined    INTEGER NOT NULL,       -- the channel's version then
    last_read INTEGER NOT NULL,
    PRIMARY KEY (channel, user)
) STRICT, WITHOUT ROWID;
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
CREATE TABLE mention (
    user    INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    idx     INTEGER NOT NULL,
    PRIMARY KEY (user, channel, idx)
) STRICT, WITHOUT ROWID;
CREATE TABLE local_user (
    uid  INTEGER PRIMARY KEY,
    name TEXT    NOT NULL,
    user INTEGER NOT NULL UNIQUE REFERENCES user
) STRICT;
CREATE INDEX session_by_user ON session (user);
CREATE INDEX session_by_expires ON session (expires);
CREATE UNIQUE INDEX channel_public_name ON channel (name) WHERE kind = 'public';
CREATE INDEX channel_by_creator ON channel (creator);
CREATE UNIQUE INDEX dm_by_channel ON dm (channel);
CREATE INDEX member_by_user ON member (user);
INSERT INTO meta VALUES ('store_id', 'store-of-the-fixtures');
INSERT INTO user VALUES (1, 'alice', '$argon2id$v=19$m=64,t=1,p=1$CTJYIfme0wPVRa6Dr021Vw$0s0QurkCB8lo75KHZ4ZPZMP5Siyze+1L3W6yREue0m0', 1767225601000, 1767225699000, NULL, NULL);
INSERT INTO user VALUES (2, 'bob', '$argon2id$v=19$m=64,t=1,p=1$CTJYIfme0wPVRa6Dr021Vw$0s0QurkCB8lo75KHZ4ZPZMP5Siyze+1L3W6yREue0m0', 1767225602000, 1767225698000, NULL, NULL);
INSERT INTO user VALUES (3, 'carol', NULL, 1767225603000, NULL, NULL, NULL);
INSERT INTO user VALUES (4, 'guest-7f3a', NULL, 1767225604000, NULL, NULL, NULL);
INSERT INTO user VALUES (5, 'dave', '$argon2id$v=19$m=64,t=1,p=1$CTJYIfme0wPVRa6Dr021Vw$0s0QurkCB8lo75KHZ4ZPZMP5Siyze+1L3W6yREue0m0', 1767225605000, NULL, 1767225640000, NULL);
INSERT INTO user VALUES (6, 'erin', NULL, 1767225606000, NULL, NULL, 1767225641000);
INSERT INTO session VALUES ('session-of-alice', 1, 'laptop', 1767225601000, 4102444800000);
INSERT INTO session VALUES ('session-of-guest', 4, NULL, 1767225604000, 4102444800000);
INSERT INTO channel VALUES (1001, 'public', 'lobby', '', NULL, NULL, 1767225600000, 1, 1);
INSERT INTO channel VALUES (1002, 'public', 'tea', 'what is in the pot', 1, 1, 1767225610000, 5, 5);
INSERT INTO channel VALUES (1003, 'private', 'plans', '', 1, 1, 1767225611000, 1, 1);
INSERT INTO channel VALUES (1004, 'dm', '', '', NULL, NULL, 1767225612000, 2, 2);
INSERT INTO dm VALUES (1, 2, 1004);
INSERT INTO member VALUES (1001, 1, 'member', 0, 1);
INSERT INTO member VALUES (1001, 2, 'member', 0, 1);
INSERT INTO member VALUES (1001, 3, 'member', 0, 1);
INSERT INTO member VALUES (1001, 4, 'member', 0, 0);
INSERT INTO member VALUES (1002, 1, 'owner', 0, 1);
INSERT INTO member VALUES (1002, 2, 'moderator', 0, 3);
INSERT INTO member VALUES (1002, 3, 'member', 0, 5);
INSERT INTO member VALUES (1003, 1, 'owner', 0, 1);
INSERT INTO member VALUES (1003, 2, 'member', 0, 0);
INSERT INTO member VALUES (1004, 1, 'member', 0, 2);
INSERT INTO member VALUES (1004, 2, 'member', 0, 2);
INSERT INTO message VALUES (1001, 1, 1, 1767225620000, 1, 'text', 'welcome @bob', 'bob', NULL);
INSERT INTO message VALUES (1002, 1, 1, 1767225621000, 1, 'text', 'the kettle is on', '', NULL);
INSERT INTO message VALUES (1002, 2, 2, 1767225622000, 2, 'text', 'green for me @alice', 'alice', NULL);
INSERT INTO message VALUES (1002, 3, 3, 1767225623000, 3, 'action', 'waves', '', NULL);
INSERT INTO message VALUES (1002, 4, 4, 1767225624000, 1, 'text', 'coming', '', 2);
INSERT INTO message VALUES (1002, 5, 5, 1767225625000, 6, 'text', 'good night', '', NULL);
INSERT INTO message VALUES (1003, 1, 1, 1767225626000, 1, 'text', 'at noon', '', NULL);
INSERT INTO message VALUES (1004, 1, 1, 1767225627000, 1, 'text', 'hello bob', '', NULL);
INSERT INTO message VALUES (1004, 2, 2, 1767225628000, 2, 'text', 'hello alice', '', NULL);
INSERT INTO nonce VALUES (1001, 1, 'nonce-1001-1', X'6469676573742D313030312D30303031', 1, 1, 1767225620000);
INSERT INTO nonce VALUES (1002, 1, 'nonce-1002-1', X'6469676573742D313030322D30303031', 1, 1, 1767225621000);
INSERT INTO nonce VALUES (1002, 1, 'nonce-1002-4', X'6469676573742D313030322D30303034', 4, 4, 1767225624000);
INSERT INTO nonce VALUES (1002, 2, 'nonce-1002-2', X'6469676573742D313030322D30303032', 2, 2, 1767225622000);
INSERT INTO nonce VALUES (1002, 3, 'nonce-1002-3', X'6469676573742D313030322D30303033', 3, 3, 1767225623000);
INSERT INTO nonce VALUES (1002, 6, 'nonce-1002-5', X'6469676573742D313030322D30303035', 5, 5, 1767225625000);
INSERT INTO nonce VALUES (1003, 1, 'nonce-1003-1', X'6469676573742D313030332D30303031', 1, 1, 1767225626000);
INSERT INTO nonce VALUES (1004, 1, 'nonce-1004-1', X'6469676573742D313030342D30303031', 1, 1, 1767225627000);
INSERT INTO nonce VALUES (1004, 2, 'nonce-1004-2', X'6469676573742D313030342D30303032', 2, 2, 1767225628000);
INSERT INTO mention VALUES (1, 1002, 2);
INSERT INTO local_user VALUES (7001, 'carol', 3);
COMMIT;
