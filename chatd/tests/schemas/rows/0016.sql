-- What alice has posted, and what bob has answered.
INSERT INTO channel (id, kind, name, topic, owner, creator, created, last_index, version) VALUES
    (1005, 'wall', 'alice', '', 1, NULL, 1767225659000, 2, 2);
INSERT INTO message (channel, idx, version, date, user, kind, content, mentions, reply_to) VALUES
    (1005, 1, 1, 1767225660000, 1, 'text', 'a new pot', '', NULL),
    (1005, 2, 2, 1767225661000, 2, 'text', 'how nice', '', 1);
INSERT INTO nonce (channel, user, nonce, digest, idx, version, date)
    SELECT channel, user, 'nonce-' || channel || '-' || idx, CAST(printf('digest-%d-%04d', channel, idx) AS BLOB), idx, version, date
    FROM message WHERE channel = 1005;
INSERT INTO post (channel, date, idx) VALUES (1005, 1767225660000, 1);
