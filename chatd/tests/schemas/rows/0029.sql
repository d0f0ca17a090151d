-- A link of alice's first session, by which files are sent.
INSERT INTO link (hash, session, user, channel, idx, expires)
    SELECT x'ee112233445566778899aabbccddeeff00112233445566778899aabbccddeeff', id, user, 1002, NULL, 1767226000000
    FROM session WHERE user = 1 ORDER BY id LIMIT 1;
