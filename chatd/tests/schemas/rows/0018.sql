-- Erin has deleted her account herself; what she said is still being removed.
UPDATE user SET handle = 'deleted-1c2d3e4f' WHERE id = 6;
INSERT INTO spent_handle (handle) VALUES ('erin');
INSERT INTO leaving (user, channel, idx) VALUES (6, -9223372036854775808, 0);
