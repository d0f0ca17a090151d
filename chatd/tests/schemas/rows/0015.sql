UPDATE user SET presence = 'away', status = 'brewing', display_name = 'Alice A.', about = 'Tea, mostly.',
    avatar = 'https://example.org/alice.png', theme = 'dark', sees_presence = 'friends', may_write = 'shared',
    reads_posts = 'friends' WHERE id = 1;
INSERT INTO friend (user, other, since) VALUES (1, 2, 1767225656000), (2, 1, 1767225656000);
INSERT INTO friend_ask (user, other, since) VALUES (3, 1, 1767225657000);
INSERT INTO block (user, other, since) VALUES (1, 5, 1767225658000);
