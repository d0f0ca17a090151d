UPDATE user SET guest = 1 WHERE id = 4;
