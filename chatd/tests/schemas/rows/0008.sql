INSERT INTO ban (channel, user, by, date) VALUES (1002, 5, 1, 1767225652000);
