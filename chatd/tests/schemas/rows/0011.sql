INSERT INTO invitation (code, channel, user, uses, created, expires) VALUES
    ('1nv1tes0f0a1ice00001', 1003, 1, 3, 1767225654000, 4102444800000);
-- A channel that was deleted, one message of which is not removed yet.
INSERT INTO removed_channel (id) VALUES (1000);
INSERT INTO message (channel, idx, version, date, user, kind, content, mentions, reply_to) VALUES
    (1000, 7, 7, 1767225629000, 1, 'text', 'nobody reads this', '', NULL);
