-- Codes of the operator, with which people make accounts.
CREATE TABLE account_invite (
    code    TEXT    PRIMARY KEY,
    uses    INTEGER NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who has asked for an account and waits for the operator.
CREATE TABLE registration (
    handle        TEXT    PRIMARY KEY,
    password_hash TEXT    NOT NULL,
    asked         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Finds who has blocked somebody.
CREATE INDEX block_by_other ON block (other);
