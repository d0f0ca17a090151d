-- Handles of people who have deleted their accounts: nobody is given them again. Their rows in `user` have other names.
CREATE TABLE spent_handle (
    handle TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- People whose messages are being deleted, and up to where that has been done.
CREATE TABLE leaving (
    user    INTEGER PRIMARY KEY REFERENCES user,
    channel INTEGER NOT NULL,
    idx     INTEGER NOT NULL
) STRICT;

-- Finds what somebody has reacted to.
CREATE INDEX reaction_by_user ON reaction (user);
