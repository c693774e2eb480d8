ALTER TABLE images ADD COLUMN user_group TEXT;  -- the user's own group, such as a patient, if any

ALTER TABLE classes ADD COLUMN shortcut TEXT;   -- the key the user assigned, if any
