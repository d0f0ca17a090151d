-- A message's `version` grows with its `idx`, so a version is found by halving; an index of versions
-- cost every message one more page to write.
DROP INDEX message_by_version;
