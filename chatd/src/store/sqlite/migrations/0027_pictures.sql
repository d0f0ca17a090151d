-- Bytes that can be shown as a picture: what clients know before they have them.
CREATE TABLE picture (
    blob     INTEGER PRIMARY KEY REFERENCES blob,
    width    INTEGER NOT NULL,
    height   INTEGER NOT NULL,
    animated INTEGER NOT NULL,
    blurhash TEXT    NOT NULL
) STRICT;

-- A small form of a picture, where that saves something. Its bytes are an object as those of a blob are.
CREATE TABLE thumbnail (
    id      INTEGER PRIMARY KEY,
    picture INTEGER NOT NULL UNIQUE REFERENCES picture,
    sha256  BLOB    NOT NULL,
    size    INTEGER NOT NULL,
    mime    TEXT    NOT NULL
) STRICT;

-- Whether a picture of an upload keeps what it tells of a place.
ALTER TABLE upload ADD COLUMN keep_metadata INTEGER NOT NULL DEFAULT 0;
