"""Where frames come from: folders, globs, video, KITTI, nuScenes."""
