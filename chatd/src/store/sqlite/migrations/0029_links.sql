-- Links that somebody opens in a browser: to send files into a channel, or to fetch those of a message (`idx`). Each is known by
-- the hash of its secret, and ends with the session that made it.
CREATE TABLE link (
    hash    BLOB PRIMARY KEY,
    session TEXT NOT NULL REFERENCES session ON DELETE CASCADE,
    user    INTEGER NOT NULL REFERENCES user,
    channel INTEGER NOT NULL REFERENCES channel ON DELETE CASCADE,
    idx     INTEGER,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX link_by_session ON link (session);
CREATE INDEX link_by_user ON link (user);
CREATE INDEX link_by_channel ON link (channel);
CREATE INDEX link_by_expires ON link (expires);
