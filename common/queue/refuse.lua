-- Moves nothing: a lane, or a relay, refused a mail that was leased at the epoch ARGV[2]: less at once. ARGV[1]: lane. Answers its limit now.
return limit_shrink(ARGV[1], ARGV[2])
