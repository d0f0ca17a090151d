INSERT INTO ssh_key (hash, user, created) VALUES (CAST('the SHA-256 of the key of bob...' AS BLOB), 2, 1767225602000);
