-- What stands in every fixture. Moments are seconds after 2026-01-01 00:00 UTC, in milliseconds; what ends does so in 2100.
-- The password of those who have one is `correct horse`.
INSERT INTO meta (key, value) VALUES ('store_id', 'store-of-the-fixtures');

INSERT INTO user (id, handle, password_hash, created, last_seen) VALUES
    (1, 'alice', '$argon2id$v=19$m=64,t=1,p=1$CTJYIfme0wPVRa6Dr021Vw$0s0QurkCB8lo75KHZ4ZPZMP5Siyze+1L3W6yREue0m0', 1767225601000, 1767225699000),
    (2, 'bob', '$argon2id$v=19$m=64,t=1,p=1$CTJYIfme0wPVRa6Dr021Vw$0s0QurkCB8lo75KHZ4ZPZMP5Siyze+1L3W6yREue0m0', 1767225602000, 1767225698000),
    (3, 'carol', NULL, 1767225603000, NULL),
    (4, 'guest-7f3a', NULL, 1767225604000, NULL),
    (5, 'dave', '$argon2id$v=19$m=64,t=1,p=1$CTJYIfme0wPVRa6Dr021Vw$0s0QurkCB8lo75KHZ4ZPZMP5Siyze+1L3W6yREue0m0', 1767225605000, NULL),
    (6, 'erin', '$argon2id$v=19$m=64,t=1,p=1$CTJYIfme0wPVRa6Dr021Vw$0s0QurkCB8lo75KHZ4ZPZMP5Siyze+1L3W6yREue0m0', 1767225606000, NULL);

INSERT INTO session (id, user, device, created, expires) VALUES
    ('session-of-alice', 1, 'laptop', 1767225601000, 4102444800000),
    ('session-of-guest', 4, NULL, 1767225604000, 4102444800000);

-- The ids are those that channels have on the wire, in key.rs: 1001 is `00000000000z9`.
INSERT INTO channel (id, kind, name, topic, owner, creator, created, last_index, version) VALUES
    (1001, 'public', 'lobby', '', NULL, NULL, 1767225600000, 1, 1),
    (1002, 'public', 'tea', 'what is in the pot', 1, 1, 1767225610000, 5, 5),
    (1003, 'private', 'plans', '', 1, 1, 1767225611000, 1, 1),
    (1004, 'dm', '', '', NULL, NULL, 1767225612000, 2, 2);
INSERT INTO dm (low, high, channel) VALUES (1, 2, 1004);

INSERT INTO member (channel, user, role, joined, last_read) VALUES
    (1001, 1, 'member', 0, 1), (1001, 2, 'member', 0, 1), (1001, 3, 'member', 0, 1), (1001, 4, 'member', 0, 0),
    (1002, 1, 'owner', 0, 1), (1002, 2, 'moderator', 0, 3), (1002, 3, 'member', 0, 5), (1002, 6, 'member', 0, 5),
    (1003, 1, 'owner', 0, 1), (1003, 2, 'member', 0, 0),
    (1004, 1, 'member', 0, 2), (1004, 2, 'member', 0, 2);

INSERT INTO message (channel, idx, version, date, user, kind, content, mentions, reply_to) VALUES
    (1001, 1, 1, 1767225620000, 1, 'text', 'welcome @bob', 'bob', NULL),
    (1002, 1, 1, 1767225621000, 1, 'text', 'the kettle is on', '', NULL),
    (1002, 2, 2, 1767225622000, 2, 'text', 'green for me @alice', 'alice', NULL),
    (1002, 3, 3, 1767225623000, 3, 'action', 'waves', '', NULL),
    (1002, 4, 4, 1767225624000, 1, 'text', 'coming', '', 2),
    (1002, 5, 5, 1767225625000, 6, 'text', 'good night', '', NULL),
    (1003, 1, 1, 1767225626000, 1, 'text', 'at noon', '', NULL),
    (1004, 1, 1, 1767225627000, 1, 'text', 'hello bob', '', NULL),
    (1004, 2, 2, 1767225628000, 2, 'text', 'hello alice', '', NULL);
INSERT INTO nonce (channel, user, nonce, digest, idx, version, date)
    SELECT channel, user, 'nonce-' || channel || '-' || idx, CAST(printf('digest-%d-%04d', channel, idx) AS BLOB), idx, version, date
    FROM message;
INSERT INTO mention (user, channel, idx) VALUES (1, 1002, 2);
