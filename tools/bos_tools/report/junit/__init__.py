"""Results as JUnit's XML, as test reporters of forges read it: https://github.com/testmoapp/junitxml."""
