"""Where pull requests live: GitHub, GitLab and Gitea behind one small protocol."""
