UPDATE member SET level = 'mentions', quiet_until = 4102444800000 WHERE channel = 1002 AND user = 2;
INSERT INTO draft (user, channel, content, reply_to, date) VALUES (2, 1002, 'half a thought', 4, 1767225655000);
INSERT INTO notice (user, kind, channel, idx, by, emoji, date, cleared) VALUES
    (1, 'mention', 1002, 2, 2, NULL, 1767225622000, NULL),
    (2, 'mention', 1001, 1, 1, NULL, 1767225620000, 1767225698000),
    (2, 'reply', 1002, 4, 1, NULL, 1767225624000, NULL),
    (2, 'reaction', 1002, 2, 1, '👍', 1767225651500, NULL),
    (2, 'invite', 1003, 0, 1, NULL, 1767225654000, NULL);
