#!/bin/sh
# The searches behind the presets `tuned`, with their comparisons: five to ten minutes of one core each.
# usage: sh benchmarks/tunings/tune.sh FOLDER
set -e
common="--set train.learning_starts=1000 --set train.batch_size=64 --set optimizer.schedule=linear
    --search optimizer.lr=3e-4..3e-3:log --search exploration.fraction=0.05..0.3 --search objective.gamma=0.97..0.995
    --search target.period=10;100 --steps 50000 --trials 17"
rlzoo tune dqn --env CartPole-v1 $common --search "objective.loss=mse;huber" --set train.update_every=2 --seeds 4 --out "$1/cartpole"
rlzoo tune double-dqn --env CartPole-v1 --set train.learning_starts=1000 --set train.batch_size=64 --set train.update_every=2 \
    --set optimizer.schedule=linear --set target.period=10 --search optimizer.lr=3e-4..3e-3:log \
    --search exploration.fraction=0.05..0.3 --search objective.gamma=0.97..0.995 --steps 50000 --trials 17 --seeds 4 \
    --out "$1/cartpole-double-dqn"
rlzoo tune dqn --env Acrobot-v1 $common --set objective.loss=huber --set train.update_every=4 --seeds 3 --out "$1/acrobot"
# These two found nothing good: docs/presets.md.
rlzoo tune dqn --env MountainCar-v0 --set train.learning_starts=1000 --set train.batch_size=64 --set train.update_every=2 \
    --set optimizer.schedule=linear --set objective.loss=huber --search optimizer.lr=5e-4..5e-3:log \
    --search exploration.fraction=0.1..0.5 --search objective.gamma=0.97..0.995 --search "target.period=100;600" \
    --steps 80000 --trials 16 --seeds 3 --no-pruning --out "$1/mountaincar"
rlzoo tune dqn --env MountainCar-v0 --preset rl-zoo3 --set network.hidden=128,128 --search optimizer.lr=1e-3..8e-3:log \
    --search exploration.fraction=0.1..0.4 --search objective.gamma=0.97..0.99 --search "target.period=100;300;600" \
    --steps 120000 --trials 16 --seeds 3 --no-pruning --out "$1/mountaincar-rl-zoo3"
