-- Alice has posted a file with her first message, and bob has begun an upload.
INSERT INTO blob (id, sha256, size, mime) VALUES (7001, x'00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff', 12, 'text/plain');
INSERT INTO file (id, blob, user, name, date, posted) VALUES (8001, 7001, 1, 'leaves.txt', 1767225670000, 1);
INSERT INTO message_file (channel, idx, place, file) VALUES (1002, 1, 0, 8001);
UPDATE message SET files = 1 WHERE channel = 1002 AND idx = 1;
INSERT INTO upload (id, user, name, size, date) VALUES (9001, 2, 'kettle.png', 500, 1767225671000);
INSERT INTO removed_blob (id) VALUES (7002);
UPDATE user SET file_bytes = 12 WHERE id = 1;
UPDATE total SET count = 1 WHERE name = 'files';
UPDATE total SET count = 12 WHERE name = 'file bytes';
