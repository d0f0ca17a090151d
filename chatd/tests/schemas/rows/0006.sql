-- In #tea the first message was edited, the third deleted, the second has a reaction.
UPDATE message SET changed = 6, edited = 1767225650000, content = 'the kettle is hot' WHERE channel = 1002 AND idx = 1;
UPDATE message SET changed = 7, deleted = 1767225651000, content = '' WHERE channel = 1002 AND idx = 3;
UPDATE message SET changed = 8 WHERE channel = 1002 AND idx = 2;
INSERT INTO reaction (channel, idx, emoji, user, version) VALUES (1002, 2, '👍', 1, 8);
INSERT INTO changed_message (channel, version, idx) VALUES (1002, 6, 1), (1002, 7, 3), (1002, 8, 2);
UPDATE channel SET version = 8 WHERE id = 1002;
