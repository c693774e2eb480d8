"""What CNTK's own Python 3.6 runs: syntax of 3.6, and nothing imported but its library, numpy and cntk."""
