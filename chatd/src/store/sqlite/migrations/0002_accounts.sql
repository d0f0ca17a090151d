-- What an operator decided about an account, and when. A deleted one keeps its row, so that its
-- handle is never given again.
ALTER TABLE user ADD COLUMN disabled INTEGER;
ALTER TABLE user ADD COLUMN deleted INTEGER;
