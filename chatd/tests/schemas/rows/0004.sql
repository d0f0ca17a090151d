INSERT INTO local_user (uid, name, user) VALUES (7001, 'carol', 3);
