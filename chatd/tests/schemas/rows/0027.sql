-- Bob has posted a picture of which there is a small form.
INSERT INTO blob (id, sha256, size, mime) VALUES (7003, x'ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff', 90000, 'image/png');
INSERT INTO picture (blob, width, height, animated, blurhash) VALUES (7003, 1600, 1200, 0, 'LEHV6nWB2yk8pyo0adR*.7kCMdnj');
INSERT INTO thumbnail (id, picture, sha256, size, mime) VALUES (7004, 7003, x'ee112233445566778899aabbccddeeff00112233445566778899aabbccddeeff', 9000, 'image/jpeg');
INSERT INTO file (id, blob, user, name, date, posted) VALUES (8002, 7003, 2, 'harbour.png', 1767225672000, 1);
INSERT INTO message_file (channel, idx, place, file) VALUES (1002, 1, 1, 8002);
UPDATE message SET files = 2 WHERE channel = 1002 AND idx = 1;
UPDATE user SET file_bytes = file_bytes + 90000 WHERE id = 2;
UPDATE total SET count = count + 1 WHERE name = 'files';
UPDATE total SET count = count + 90000 WHERE name = 'file bytes';
