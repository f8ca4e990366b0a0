"""The units that papers are known for, one file each: for the zoo, and for networks of one's own."""
