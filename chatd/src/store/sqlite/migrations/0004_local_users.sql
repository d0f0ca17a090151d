-- Accounts of people whom the system vouches for: who connects to a Unix socket as that user is that account.
-- `name` is the Unix name then: a number that was given to somebody else since opens nothing.
CREATE TABLE local_user (
    uid  INTEGER PRIMARY KEY,
    name TEXT    NOT NULL,
    user INTEGER NOT NULL UNIQUE REFERENCES user
) STRICT;
