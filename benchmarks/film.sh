#!/bin/sh
# Make docs/images/acrobot.gif, the film in README.md: the first evaluation episode of three seeds, side by side.
# Usage, from the root: sh benchmarks/film.sh [folder]
set -eu
run=${1:-runs/film}
rlzoo run dqn --env Acrobot-v1 --preset tuned --seeds 3 --eval-every 10k --keep best --out "$run"
rlzoo eval "$run" --weights best --episodes 1 --video
ffmpeg=$(python -c 'import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())')  # comes with the extra `video`
hold=tpad=stop_mode=clone:stop_duration=3
"$ffmpeg" -v error -y -i "$run/videos/seed-0-episode-0.mp4" -i "$run/videos/seed-1-episode-0.mp4" \
    -i "$run/videos/seed-2-episode-0.mp4" -filter_complex \
    "[0]$hold[a];[1]$hold[b];[2]$hold[c];[a][b][c]hstack=3,trim=duration=9,scale=720:-1,split[p][q];[p]palettegen=max_colors=16[r];[q][r]paletteuse=dither=none" \
    docs/images/acrobot.gif
