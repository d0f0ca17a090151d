-- Accounts that an ssh key opens, by the SHA-256 of the public key.
CREATE TABLE ssh_key (
    hash    BLOB    PRIMARY KEY,
    user    INTEGER NOT NULL REFERENCES user,
    created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
