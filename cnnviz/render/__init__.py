"""Arrays to pictures: colours, matrices with their numbers, figures and charts."""
