INSERT INTO pin (channel, idx, user, date) VALUES (1002, 4, 1, 1767225653000);
UPDATE message SET changed = 9 WHERE channel = 1002 AND idx = 4;
INSERT INTO changed_message (channel, version, idx) VALUES (1002, 9, 4);
UPDATE channel SET version = 9 WHERE id = 1002;
