let hashed = 1;
