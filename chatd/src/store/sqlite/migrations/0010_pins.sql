-- Messages that a channel keeps in view. Pinning counts as a change of the message, so only changed messages are looked up here.
CREATE TABLE pin (
    channel INTEGER NOT NULL,
    idx     INTEGER NOT NULL,
    user    INTEGER NOT NULL REFERENCES user,
    date    INTEGER NOT NULL,
    PRIMARY KEY (channel, idx)
) STRICT, WITHOUT ROWID;
