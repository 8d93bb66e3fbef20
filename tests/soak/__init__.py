"""What takes longer than tests may: whole builds, compared with one another."""
