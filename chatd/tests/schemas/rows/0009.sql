UPDATE channel SET slow_mode_s = 10 WHERE id = 1002;
UPDATE channel SET read_only = 1 WHERE id = 1001;
UPDATE member SET muted_until = 1767229300000 WHERE channel = 1002 AND user = 3;
INSERT INTO kept_mute (channel, user, until) VALUES (1002, 4, 1767229300000);
