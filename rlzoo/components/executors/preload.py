"""Imported first by the server that worker processes are forked from, to speed up what it imports then."""

from rlzoo.components.executors.garbage import collect_less_garbage

collect_less_garbage()
