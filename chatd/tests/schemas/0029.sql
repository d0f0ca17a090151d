PRAGMA application_id = 1667789924;
PRAGMA user_version = 29;
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
, disabled INTEGER, deleted INTEGER, guest INTEGER NOT NULL DEFAULT 0, presence      TEXT NOT NULL DEFAULT 'online', status        TEXT NOT NULL DEFAULT '', display_name  TEXT NOT NULL DEFAULT '', about         TEXT NOT NULL DEFAULT '', avatar        TEXT NOT NULL DEFAULT '', theme         TEXT NOT NULL DEFAULT '', sees_presence TEXT NOT NULL DEFAULT 'shared', may_write     TEXT NOT NULL DEFAULT 'everyone', reads_posts   TEXT NOT NULL DEFAULT 'friends', may_invite TEXT NOT NULL DEFAULT 'everyone', stored INTEGER NOT NULL DEFAULT 0, file_bytes INTEGER NOT NULL DEFAULT 0, avatar_file INTEGER REFERENCES file) STRICT;
CREATE TABLE session (
    id      TEXT PRIMARY KEY,
    user    INTEGER NOT NULL REFERENCES user,
    device  TEXT,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL
, client TEXT, used   INTEGER) STRICT, WITHOUT ROWID;
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
, read_only   INTEGER NOT NULL DEFAULT 0, slow_mode_s INTEGER NOT NULL DEFAULT 0, history_from INTEGER NOT NULL DEFAULT 1, skeleton TEXT, last_date INTEGER NOT NULL DEFAULT 0, kept_from INTEGER NOT NULL DEFAULT 1, members INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE dm (
    low     INTEGER NOT NULL REFERENCES user,
    high    INTEGER NOT NULL REFERENCES user,
    channel INTEGER NOT NULL REFERENCES channel,
    PRIMARY KEY (low, high)
) STRICT, WITHOUT ROWID;
CREATE TABLE member (
    channel   INTEGER NOT NULL,
    user      INTEGER NOT NULL REFERENCES user,
    role      TEXT    NOT NULL,       -- owner, moderator, member
    joined    INTEGER NOT NULL,       -- the channel's version then
    last_read INTEGER NOT NULL, muted_until INTEGER, level       TEXT    NOT NULL DEFAULT 'all', quiet_until INTEGER, added_by   INTEGER, untouched  INTEGER NOT NULL DEFAULT 0, apart      INTEGER NOT NULL DEFAULT 0, closed     INTEGER NOT NULL DEFAULT 0, reads_from INTEGER NOT NULL DEFAULT 1, muted_for_s INTEGER,
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
    reply_to INTEGER, changed INTEGER, edited  INTEGER, deleted INTEGER, files INTEGER NOT NULL DEFAULT 0,
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
CREATE TABLE ssh_key (
    hash    BLOB    PRIMARY KEY,
    user    INTEGER NOT NULL REFERENCES user,
    created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE changed_message (
    channel INTEGER NOT NULL,
    version INTEGER NOT NULL,
    idx     INTEGER NOT NULL,
    PRIMARY KEY (channel, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE reaction (
    channel INTEGER NOT NULL,
    idx     INTEGER NOT NULL,
    emoji   TEXT    NOT NULL,
    user    INTEGER NOT NULL,
    version INTEGER NOT NULL,         -- the channel's when it was made: their order
    PRIMARY KEY (channel, idx, emoji, user)
) STRICT, WITHOUT ROWID;
CREATE TABLE ban (
    channel INTEGER NOT NULL,
    user    INTEGER NOT NULL REFERENCES user,
    by      INTEGER NOT NULL REFERENCES user,
    date    INTEGER NOT NULL,
    PRIMARY KEY (channel, user)
) STRICT, WITHOUT ROWID;
CREATE TABLE kept_mute (
    channel INTEGER NOT NULL,
    user    INTEGER NOT NULL,
    until   INTEGER NOT NULL, for_s       INTEGER,
    PRIMARY KEY (channel, user)
) STRICT, WITHOUT ROWID;
CREATE TABLE pin (
    channel INTEGER NOT NULL,
    idx     INTEGER NOT NULL,
    user    INTEGER NOT NULL REFERENCES user,
    date    INTEGER NOT NULL,
    PRIMARY KEY (channel, idx)
) STRICT, WITHOUT ROWID;
CREATE TABLE invitation (
    code    TEXT    PRIMARY KEY,
    channel INTEGER NOT NULL,
    user    INTEGER NOT NULL REFERENCES user,   -- who made it
    uses    INTEGER,                            -- how many it still lets in; NULL: any number
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE removed_channel (
    id INTEGER PRIMARY KEY
) STRICT;
CREATE TABLE draft (
    user     INTEGER NOT NULL,
    channel  INTEGER NOT NULL,
    content  TEXT    NOT NULL,
    reply_to INTEGER,
    date     INTEGER NOT NULL,
    PRIMARY KEY (user, channel)
) STRICT, WITHOUT ROWID;
CREATE TABLE notice (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    user    INTEGER NOT NULL,
    kind    TEXT    NOT NULL,         -- mention, reply, reaction, invite
    channel INTEGER NOT NULL,
    idx     INTEGER NOT NULL,         -- the message, 0 for none
    by      INTEGER NOT NULL,
    emoji   TEXT,
    date    INTEGER NOT NULL,
    cleared INTEGER
, by_reading INTEGER NOT NULL DEFAULT 0, waiting INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE friend (
    user  INTEGER NOT NULL REFERENCES user,
    other INTEGER NOT NULL REFERENCES user,
    since INTEGER NOT NULL,
    PRIMARY KEY (user, other)
) STRICT, WITHOUT ROWID;
CREATE TABLE friend_ask (
    user  INTEGER NOT NULL REFERENCES user,
    other INTEGER NOT NULL REFERENCES user,
    since INTEGER NOT NULL,
    PRIMARY KEY (user, other)
) STRICT, WITHOUT ROWID;
CREATE TABLE block (
    user  INTEGER NOT NULL REFERENCES user,
    other INTEGER NOT NULL REFERENCES user,
    since INTEGER NOT NULL,
    PRIMARY KEY (user, other)
) STRICT, WITHOUT ROWID;
CREATE TABLE post (
    channel INTEGER NOT NULL,
    date    INTEGER NOT NULL,
    idx     INTEGER NOT NULL,
    PRIMARY KEY (channel, date, idx)
) STRICT, WITHOUT ROWID;
CREATE TABLE spent_handle (
    handle TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
CREATE TABLE leaving (
    user    INTEGER PRIMARY KEY REFERENCES user,
    channel INTEGER NOT NULL,
    idx     INTEGER NOT NULL
) STRICT;
CREATE TABLE account_invite (
    code    TEXT    PRIMARY KEY,
    uses    INTEGER NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE registration (
    handle        TEXT    PRIMARY KEY,
    password_hash TEXT    NOT NULL,
    asked         INTEGER NOT NULL
, source TEXT NOT NULL DEFAULT 'local') STRICT, WITHOUT ROWID;
CREATE TABLE rung (
    user    INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    idx     INTEGER NOT NULL,
    kind    TEXT    NOT NULL,
    by      INTEGER NOT NULL,
    date    INTEGER NOT NULL,
    PRIMARY KEY (user, channel, idx, kind, by)
) STRICT, WITHOUT ROWID;
CREATE TABLE among_strangers (
    user INTEGER NOT NULL,
    what TEXT    NOT NULL,
    date INTEGER NOT NULL
) STRICT;
CREATE TABLE total (
    name  TEXT    PRIMARY KEY,
    count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE blob (
    id     INTEGER PRIMARY KEY,
    sha256 BLOB    NOT NULL UNIQUE,
    size   INTEGER NOT NULL,
    mime   TEXT    NOT NULL             -- found out from the bytes
) STRICT;
CREATE TABLE file (
    id     INTEGER PRIMARY KEY,
    blob   INTEGER NOT NULL REFERENCES blob,
    user   INTEGER NOT NULL REFERENCES user,
    name   TEXT    NOT NULL,
    date   INTEGER NOT NULL,
    posted INTEGER NOT NULL DEFAULT 0   -- whether it is or was in a message
) STRICT;
CREATE TABLE message_file (
    channel INTEGER NOT NULL,
    idx     INTEGER NOT NULL,
    place   INTEGER NOT NULL,
    file    INTEGER NOT NULL REFERENCES file,
    PRIMARY KEY (channel, idx, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE upload (
    id   INTEGER PRIMARY KEY,
    user INTEGER NOT NULL REFERENCES user,
    name TEXT    NOT NULL,
    size INTEGER NOT NULL,
    date INTEGER NOT NULL
, file INTEGER REFERENCES file, keep_metadata INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE removed_blob (
    id INTEGER PRIMARY KEY
) STRICT;
CREATE TABLE picture (
    blob     INTEGER PRIMARY KEY REFERENCES blob,
    width    INTEGER NOT NULL,
    height   INTEGER NOT NULL,
    animated INTEGER NOT NULL,
    blurhash TEXT    NOT NULL
) STRICT;
CREATE TABLE thumbnail (
    id      INTEGER PRIMARY KEY,
    picture INTEGER NOT NULL UNIQUE REFERENCES picture,
    sha256  BLOB    NOT NULL,
    size    INTEGER NOT NULL,
    mime    TEXT    NOT NULL
) STRICT;
CREATE TABLE link (
    hash    BLOB PRIMARY KEY,
    session TEXT NOT NULL REFERENCES session ON DELETE CASCADE,
    user    INTEGER NOT NULL REFERENCES user,
    channel INTEGER NOT NULL REFERENCES channel ON DELETE CASCADE,
    idx     INTEGER,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_user ON session (user);
CREATE INDEX session_by_expires ON session (expires);
CREATE UNIQUE INDEX channel_public_name ON channel (name) WHERE kind = 'public';
CREATE INDEX channel_by_creator ON channel (creator);
CREATE UNIQUE INDEX dm_by_channel ON dm (channel);
CREATE INDEX member_by_user ON member (user);
CREATE INDEX message_by_reply ON message (channel, reply_to) WHERE reply_to IS NOT NULL;
CREATE INDEX invitation_by_channel ON invitation (channel);
CREATE INDEX notice_open ON notice (user, id) WHERE cleared IS NULL;
CREATE INDEX notice_by_message ON notice (channel, idx);
CREATE INDEX notice_cleared ON notice (cleared) WHERE cleared IS NOT NULL;
CREATE INDEX notice_to_read ON notice (user, channel, idx) WHERE cleared IS NULL;
CREATE INDEX notice_of ON notice (user, channel, idx);
CREATE INDEX friend_ask_by_other ON friend_ask (other);
CREATE UNIQUE INDEX channel_wall ON channel (owner) WHERE kind = 'wall';
CREATE INDEX reaction_by_user ON reaction (user);
CREATE INDEX block_by_other ON block (other);
CREATE INDEX member_added ON member (user, added_by) WHERE added_by IS NOT NULL;
CREATE INDEX notice_waiting ON notice (user, date) WHERE waiting = 1;
CREATE INDEX rung_by_date ON rung (date);
CREATE INDEX among_strangers_of ON among_strangers (user, what, date);
CREATE INDEX among_strangers_by_date ON among_strangers (date);
CREATE INDEX channel_skeleton ON channel (skeleton) WHERE kind = 'public';
CREATE INDEX user_guest ON user (id) WHERE guest = 1 AND deleted IS NULL;
CREATE INDEX ban_by_user ON ban (user);
CREATE INDEX kept_mute_by_user ON kept_mute (user);
CREATE INDEX invitation_by_user ON invitation (user);
CREATE INDEX ssh_key_by_user ON ssh_key (user);
CREATE INDEX notice_waiting_by ON notice (by) WHERE waiting = 1;
CREATE INDEX notice_of_asking ON notice (by) WHERE channel = 0;
CREATE INDEX file_by_blob ON file (blob);
CREATE INDEX file_unposted ON file (date) WHERE posted = 0;
CREATE INDEX message_by_file ON message_file (file);
CREATE INDEX upload_by_user ON upload (user);
CREATE INDEX upload_by_date ON upload (date);
CREATE INDEX upload_by_file ON upload (file) WHERE file IS NOT NULL;
CREATE INDEX user_by_avatar ON user (avatar_file) WHERE avatar_file IS NOT NULL;
CREATE INDEX link_by_session ON link (session);
CREATE INDEX link_by_user ON link (user);
CREATE INDEX link_by_channel ON link (channel);
CREATE INDEX link_by_expires ON link (expires);
INSERT INTO meta VALUES ('store_id', 'store-of-the-fixtures');
INSERT INTO user VALUES (1, 'alice', '$argon2id$v=19$m=64,t=1,p=1$CTJYIfme0wPVRa6Dr021Vw$0s0QurkCB8lo75KHZ4ZPZMP5Siyze+1L3W6yREue0m0', 1767225601000, 1767225699000, NULL, NULL, 0, 'away', 'brewing', 'Alice A.', 'Tea, mostly.', 'https://example.org/alice.png', 'dark', 'friends', 'shared', 'friends', 'friends', 777, 20012, 8003);
INSERT INTO user VALUES (2, 'bob', '$argon2id$v=19$m=64,t=1,p=1$CTJYIfme0wPVRa6Dr021Vw$0s0QurkCB8lo75KHZ4ZPZMP5Siyze+1L3W6yREue0m0', 1767225602000, 1767225698000, NULL, NULL, 0, 'online', '', '', '', '', '', 'shared', 'everyone', 'friends', 'everyone', 338, 90000, NULL);
INSERT INTO user VALUES (3, 'carol', NULL, 1767225603000, NULL, NULL, NULL, 0, 'online', '', '', '', '', '', 'shared', 'everyone', 'friends', 'everyone', 100, 0, NULL);
INSERT INTO user VALUES (4, 'guest-7f3a', NULL, 1767225604000, NULL, NULL, NULL, 1, 'online', '', '', '', '', '', 'shared', 'everyone', 'friends', 'everyone', 0, 0, NULL);
INSERT INTO user VALUES (5, 'dave', '$argon2id$v=19$m=64,t=1,p=1$CTJYIfme0wPVRa6Dr021Vw$0s0QurkCB8lo75KHZ4ZPZMP5Siyze+1L3W6yREue0m0', 1767225605000, NULL, 1767225640000, NULL, 0, 'online', '', '', '', '', '', 'shared', 'everyone', 'friends', 'everyone', 0, 0, NULL);
INSERT INTO user VALUES (6, 'deleted-1c2d3e4f', NULL, 1767225606000, NULL, NULL, 1767225641000, 0, 'online', '', '', '', '', '', 'shared', 'everyone', 'friends', 'everyone', 110, 0, NULL);
INSERT INTO session VALUES ('session-of-alice', 1, 'laptop', 1767225601000, 4102444800000, 'chat-tui 0.1.0', 1767225699000);
INSERT INTO session VALUES ('session-of-guest', 4, NULL, 1767225604000, 4102444800000, NULL, NULL);
INSERT INTO channel VALUES (1001, 'public', 'lobby', '', NULL, NULL, 1767225600000, 1, 1, 1, 0, 1, 'lobby', 1767225620000, 1, 4);
INSERT INTO channel VALUES (1002, 'public', 'tea', 'what is in the pot', 1, 1, 1767225610000, 5, 9, 0, 10, 1, 'tea', 1767225625000, 1, 3);
INSERT INTO channel VALUES (1003, 'private', 'plans', '', 1, 1, 1767225611000, 1, 1, 0, 0, 2, NULL, 1767225626000, 1, 2);
INSERT INTO channel VALUES (1004, 'dm', '', '', NULL, NULL, 1767225612000, 2, 2, 0, 0, 1, NULL, 1767225628000, 1, 2);
INSERT INTO channel VALUES (1005, 'wall', 'alice', '', 1, NULL, 1767225659000, 2, 2, 0, 0, 1, NULL, 1767225661000, 1, 0);
INSERT INTO dm VALUES (1, 2, 1004);
INSERT INTO member VALUES (1001, 1, 'member', 0, 1, NULL, 'all', NULL, NULL, 0, 0, 0, 1, NULL);
INSERT INTO member VALUES (1001, 2, 'member', 0, 1, NULL, 'all', NULL, NULL, 0, 0, 0, 1, NULL);
INSERT INTO member VALUES (1001, 3, 'member', 0, 1, NULL, 'all', NULL, NULL, 0, 0, 0, 1, NULL);
INSERT INTO member VALUES (1001, 4, 'member', 0, 0, NULL, 'all', NULL, NULL, 0, 0, 0, 1, NULL);
INSERT INTO member VALUES (1002, 1, 'owner', 0, 1, NULL, 'all', NULL, NULL, 0, 0, 0, 1, NULL);
INSERT INTO member VALUES (1002, 2, 'moderator', 0, 3, NULL, 'mentions', 4102444800000, NULL, 0, 0, 0, 1, NULL);
INSERT INTO member VALUES (1002, 3, 'member', 0, 5, 1767229300000, 'all', NULL, NULL, 0, 0, 0, 1, 3600);
INSERT INTO member VALUES (1003, 1, 'owner', 0, 1, NULL, 'all', NULL, NULL, 0, 0, 0, 1, NULL);
INSERT INTO member VALUES (1003, 2, 'member', 0, 0, NULL, 'all', NULL, 1, 1, 0, 0, 1, NULL);
INSERT INTO member VALUES (1004, 1, 'member', 0, 2, NULL, 'all', NULL, NULL, 0, 0, 0, 1, NULL);
INSERT INTO member VALUES (1004, 2, 'member', 0, 2, NULL, 'all', NULL, NULL, 0, 0, 0, 1, NULL);
INSERT INTO message VALUES (1000, 7, 7, 1767225629000, 1, 'text', 'nobody reads this', '', NULL, NULL, NULL, NULL, 0);
INSERT INTO message VALUES (1001, 1, 1, 1767225620000, 1, 'text', 'welcome @bob', 'bob', NULL, NULL, NULL, NULL, 0);
INSERT INTO message VALUES (1002, 1, 1, 1767225621000, 1, 'text', 'the kettle is hot', '', NULL, 6, 1767225650000, NULL, 2);
INSERT INTO message VALUES (1002, 2, 2, 1767225622000, 2, 'text', 'green for me @alice', 'alice', NULL, 8, NULL, NULL, 0);
INSERT INTO message VALUES (1002, 3, 3, 1767225623000, 3, 'action', '', '', NULL, 7, NULL, 1767225651000, 0);
INSERT INTO message VALUES (1002, 4, 4, 1767225624000, 1, 'text', 'coming', '', 2, 9, NULL, NULL, 0);
INSERT INTO message VALUES (1002, 5, 5, 1767225625000, 6, 'text', 'good night', '', NULL, NULL, NULL, NULL, 0);
INSERT INTO message VALUES (1003, 1, 1, 1767225626000, 1, 'text', 'at noon', '', NULL, NULL, NULL, NULL, 0);
INSERT INTO message VALUES (1004, 1, 1, 1767225627000, 1, 'text', 'hello bob', '', NULL, NULL, NULL, NULL, 0);
INSERT INTO message VALUES (1004, 2, 2, 1767225628000, 2, 'text', 'hello alice', '', NULL, NULL, NULL, NULL, 0);
INSERT INTO message VALUES (1005, 1, 1, 1767225660000, 1, 'text', 'a new pot', '', NULL, NULL, NULL, NULL, 0);
INSERT INTO message VALUES (1005, 2, 2, 1767225661000, 2, 'text', 'how nice', '', 1, NULL, NULL, NULL, 0);
INSERT INTO nonce VALUES (1001, 1, 'nonce-1001-1', X'6469676573742D313030312D30303031', 1, 1, 1767225620000);
INSERT INTO nonce VALUES (1002, 1, 'nonce-1002-1', X'6469676573742D313030322D30303031', 1, 1, 1767225621000);
INSERT INTO nonce VALUES (1002, 1, 'nonce-1002-4', X'6469676573742D313030322D30303034', 4, 4, 1767225624000);
INSERT INTO nonce VALUES (1002, 2, 'nonce-1002-2', X'6469676573742D313030322D30303032', 2, 2, 1767225622000);
INSERT INTO nonce VALUES (1002, 3, 'nonce-1002-3', X'6469676573742D313030322D30303033', 3, 3, 1767225623000);
INSERT INTO nonce VALUES (1002, 6, 'nonce-1002-5', X'6469676573742D313030322D30303035', 5, 5, 1767225625000);
INSERT INTO nonce VALUES (1003, 1, 'nonce-1003-1', X'6469676573742D313030332D30303031', 1, 1, 1767225626000);
INSERT INTO nonce VALUES (1004, 1, 'nonce-1004-1', X'6469676573742D313030342D30303031', 1, 1, 1767225627000);
INSERT INTO nonce VALUES (1004, 2, 'nonce-1004-2', X'6469676573742D313030342D30303032', 2, 2, 1767225628000);
INSERT INTO nonce VALUES (1005, 1, 'nonce-1005-1', X'6469676573742D313030352D30303031', 1, 1, 1767225660000);
INSERT INTO nonce VALUES (1005, 2, 'nonce-1005-2', X'6469676573742D313030352D30303032', 2, 2, 1767225661000);
INSERT INTO mention VALUES (1, 1002, 2);
INSERT INTO local_user VALUES (7001, 'carol', 3);
INSERT INTO ssh_key VALUES (X'746865205348412D323536206F6620746865206B6579206F6620626F622E2E2E', 2, 1767225602000);
INSERT INTO changed_message VALUES (1002, 6, 1);
INSERT INTO changed_message VALUES (1002, 7, 3);
INSERT INTO changed_message VALUES (1002, 8, 2);
INSERT INTO changed_message VALUES (1002, 9, 4);
INSERT INTO reaction VALUES (1002, 2, '👍', 1, 8);
INSERT INTO ban VALUES (1002, 5, 1, 1767225652000);
INSERT INTO kept_mute VALUES (1002, 4, 1767229300000, 3600);
INSERT INTO pin VALUES (1002, 4, 1, 1767225653000);
INSERT INTO invitation VALUES ('1nv1tes0f0a1ice00001', 1003, 1, 3, 1767225654000, 4102444800000);
INSERT INTO removed_channel VALUES (1000);
INSERT INTO draft VALUES (2, 1002, 'half a thought', 4, 1767225655000);
INSERT INTO notice VALUES (1, 1, 'mention', 1002, 2, 2, NULL, 1767225622000, NULL, 0, 0);
INSERT INTO notice VALUES (2, 2, 'mention', 1001, 1, 1, NULL, 1767225620000, 1767225698000, 1, 0);
INSERT INTO notice VALUES (3, 2, 'reply', 1002, 4, 1, NULL, 1767225624000, NULL, 0, 0);
INSERT INTO notice VALUES (4, 2, 'reaction', 1002, 2, 1, '👍', 1767225651500, NULL, 0, 0);
INSERT INTO notice VALUES (5, 2, 'invite', 1003, 0, 1, NULL, 1767225654000, NULL, 0, 0);
INSERT INTO friend VALUES (1, 2, 1767225656000);
INSERT INTO friend VALUES (2, 1, 1767225656000);
INSERT INTO friend_ask VALUES (3, 1, 1767225657000);
INSERT INTO block VALUES (1, 5, 1767225658000);
INSERT INTO post VALUES (1005, 1767225660000, 1);
INSERT INTO spent_handle VALUES ('erin');
INSERT INTO leaving VALUES (6, -9223372036854775808, 0);
INSERT INTO account_invite VALUES ('acc0untc0de000000001', 2, 1767225662000, 4102444800000);
INSERT INTO registration VALUES ('frank', '$argon2id$v=19$m=64,t=1,p=1$CTJYIfme0wPVRa6Dr021Vw$0s0QurkCB8lo75KHZ4ZPZMP5Siyze+1L3W6yREue0m0', 1767225663000, '192.0.2.7');
INSERT INTO rung VALUES (2, 1002, 2, 'reaction', 1, 1767225651500);
INSERT INTO among_strangers VALUES (3, 'opened', 1767225664000);
INSERT INTO total VALUES ('accounts', 5);
INSERT INTO total VALUES ('channels', 4);
INSERT INTO total VALUES ('file bytes', 110012);
INSERT INTO total VALUES ('files', 3);
INSERT INTO total VALUES ('guests', 1);
INSERT INTO total VALUES ('messages', 11);
INSERT INTO total VALUES ('public channels', 2);
INSERT INTO blob VALUES (7001, X'00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF', 12, 'text/plain');
INSERT INTO blob VALUES (7003, X'FF112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF', 90000, 'image/png');
INSERT INTO blob VALUES (7005, X'DD112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF', 20000, 'image/jpeg');
INSERT INTO file VALUES (8001, 7001, 1, 'leaves.txt', 1767225670000, 1);
INSERT INTO file VALUES (8002, 7003, 2, 'harbour.png', 1767225672000, 1);
INSERT INTO file VALUES (8003, 7005, 1, 'avatar', 1767225673000, 1);
INSERT INTO message_file VALUES (1002, 1, 0, 8001);
INSERT INTO message_file VALUES (1002, 1, 1, 8002);
INSERT INTO upload VALUES (9001, 2, 'kettle.png', 500, 1767225671000, NULL, 0);
INSERT INTO upload VALUES (9002, 1, 'leaves.txt', 12, 1767225670000, 8001, 0);
INSERT INTO removed_blob VALUES (7002);
INSERT INTO picture VALUES (7003, 1600, 1200, 0, 'LEHV6nWB2yk8pyo0adR*.7kCMdnj');
INSERT INTO picture VALUES (7005, 256, 256, 0, 'LEHV6nWB2yk8pyo0adR*.7kCMdnj');
INSERT INTO thumbnail VALUES (7004, 7003, X'EE112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF', 9000, 'image/jpeg');
INSERT INTO link VALUES (X'EE112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF', 'session-of-alice', 1, 1002, NULL, 1767226000000);
CREATE TRIGGER count_member_added AFTER INSERT ON member BEGIN
    UPDATE channel SET members = members + 1 WHERE id = new.channel;
END;
CREATE TRIGGER count_member_removed AFTER DELETE ON member BEGIN
    UPDATE channel SET members = members - 1 WHERE id = old.channel;
END;
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
COMMIT;
