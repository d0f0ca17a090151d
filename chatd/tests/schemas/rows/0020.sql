UPDATE user SET may_invite = 'friends' WHERE id = 1;
-- Alice has added bob to #plans, where he has not been since; who joins it from now on reads what comes then.
UPDATE member SET added_by = 1, untouched = 1, reads_from = 1 WHERE channel = 1003 AND user = 2;
UPDATE channel SET history_from = 2 WHERE id = 1003;
UPDATE channel SET skeleton = name WHERE kind = 'public';
INSERT INTO rung (user, channel, idx, kind, by, date) VALUES (2, 1002, 2, 'reaction', 1, 1767225651500);
INSERT INTO among_strangers (user, what, date) VALUES (3, 'opened', 1767225664000);
