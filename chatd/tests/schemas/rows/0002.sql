-- An operator has disabled dave, and deleted erin, who is in no channel any more.
UPDATE user SET disabled = 1767225640000 WHERE id = 5;
UPDATE user SET deleted = 1767225641000, password_hash = NULL WHERE id = 6;
DELETE FROM member WHERE user = 6;
