-- Who is kept out of which channel, whether a member before or not.
CREATE TABLE ban (
    channel INTEGER NOT NULL REFERENCES channel,
    user    INTEGER NOT NULL REFERENCES user,
    by      INTEGER NOT NULL REFERENCES user,
    date    INTEGER NOT NULL,
    PRIMARY KEY (channel, user)
) STRICT, WITHOUT ROWID;
