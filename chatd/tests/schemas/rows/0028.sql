-- Alice is seen by a picture.
INSERT INTO blob (id, sha256, size, mime) VALUES (7005, x'dd112233445566778899aabbccddeeff00112233445566778899aabbccddeeff', 20000, 'image/jpeg');
INSERT INTO picture (blob, width, height, animated, blurhash) VALUES (7005, 256, 256, 0, 'LEHV6nWB2yk8pyo0adR*.7kCMdnj');
INSERT INTO file (id, blob, user, name, date, posted) VALUES (8003, 7005, 1, 'avatar', 1767225673000, 1);
UPDATE user SET avatar_file = 8003, file_bytes = file_bytes + 20000 WHERE id = 1;
UPDATE total SET count = count + 1 WHERE name = 'files';
UPDATE total SET count = count + 20000 WHERE name = 'file bytes';
