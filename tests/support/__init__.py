"""What several tests share: tiny environments, run folders and studies made by hand, jobs, planted mistakes."""
