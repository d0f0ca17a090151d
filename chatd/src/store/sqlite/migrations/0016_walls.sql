-- What people post stands in channels of kind `wall`, one for each owner and without members; friends read it.
CREATE UNIQUE INDEX channel_wall ON channel (owner) WHERE kind = 'wall';

-- The posts of a wall by time: messages that answer none and are not deleted.
CREATE TABLE post (
    channel INTEGER NOT NULL,
    date    INTEGER NOT NULL,
    idx     INTEGER NOT NULL,
    PRIMARY KEY (channel, date, idx)
) STRICT, WITHOUT ROWID;
