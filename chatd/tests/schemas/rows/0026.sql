-- What alice has uploaded in several requests became the file of her message.
INSERT INTO upload (id, user, name, size, date, file) VALUES (9002, 1, 'leaves.txt', 12, 1767225670000, 8001);
