"""How fast training is beside the tutorials' own loop, and how soon it reaches 98.8 % on MNIST's test set.

    python benchmarks/training.py [--data FOLDER] [--rounds 12] [--full] [--quick]

The tutorials' loop is that of M. E. H. Pedersen's tutorial 02, a TensorFlow 1 session fed through `feed_dict`, in a
process of its own. Both loops take turns on the same images, and what counts is the ratio of one run: the machine
may be busy with other things.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cnnviz.analysis import evaluation
from cnnviz.data import dataset
from cnnviz.network.presets import PRESETS
from cnnviz.network.weights import Network
from cnnviz.training import advance

PIECE = 150
BATCH = 64
ITERATIONS = 10_000
GOAL = 0.988
SESSION = "--session"


def serve_session(train: dataset.Dataset) -> None:
    """Tutorial 02 as it stands: for each number of iterations that is read from standard input, the seconds taken."""
    from cnnviz.lazy import tf

    tf1 = tf.compat.v1
    tf1.disable_eager_execution()
    flat, one_hot = train.images.reshape(-1, 784), np.eye(10, dtype=np.float32)[train.labels]
    x, y_true = tf1.placeholder(tf.float32, [None, 784]), tf1.placeholder(tf.float32, [None, 10])

    def variables(*shape: int) -> tuple[object, object]:
        return tf.Variable(tf.random.truncated_normal(shape, stddev=0.05)), tf.Variable(tf.fill(shape[-1:], 0.05))

    def convolution(images: object, channels: int, filters: int) -> object:
        weights, biases = variables(5, 5, channels, filters)
        sums = tf1.nn.conv2d(images, weights, strides=[1, 1, 1, 1], padding="SAME") + biases
        return tf1.nn.relu(tf1.nn.max_pool(sums, [1, 2, 2, 1], [1, 2, 2, 1], "SAME"))

    maps = convolution(convolution(tf.reshape(x, [-1, 28, 28, 1]), 1, 16), 16, 36)
    weights, biases = variables(7 * 7 * 36, 128)
    hidden = tf1.nn.relu(tf.matmul(tf.reshape(maps, [-1, 7 * 7 * 36]), weights) + biases)
    weights, biases = variables(128, 10)
    logits = tf.matmul(hidden, weights) + biases
    cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y_true, logits=logits))
    optimizer = tf1.train.AdamOptimizer(learning_rate=1e-4).minimize(cost)
    right = tf.equal(tf.argmax(tf.nn.softmax(logits), axis=1), tf.argmax(y_true, axis=1))
    accuracy = tf.reduce_mean(tf.cast(right, tf.float32))

    with tf1.Session() as session:
        session.run(tf1.global_variables_initializer())
        for line in sys.stdin:
            began = time.perf_counter()
            for i in range(int(line)):
                chosen = np.random.randint(0, len(flat), size=BATCH)
                feed = {x: flat[chosen], y_true: one_hot[chosen]}
                session.run(optimizer, feed_dict=feed)
                if i % 100 == 0:
                    session.run(accuracy, feed_dict=feed)
            print(time.perf_counter() - began, flush=True)


class Session:
    """The tutorials' loop in a process of its own."""

    def __init__(self, folder: str) -> None:
        command = [sys.executable, __file__, "--data", folder, SESSION]
        self.child = subprocess.Popen(  # nosec B603 # no shell: this script again, by the same Python
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, iterations: int) -> float:
        """Seconds for that many iterations."""
        if self.child.stdin is None or self.child.stdout is None:
            raise RuntimeError("Expected pipes to the session's process.")
        self.child.stdin.write(f"{iterations}\n")
        self.child.stdin.flush()
        return float(self.child.stdout.readline())

    def close(self) -> None:
        """End the process."""
        self.child.communicate()


def one_piece(state: advance.RunState, train: dataset.Dataset, iterations: int) -> tuple[advance.RunState, float]:
    """Train on, with the state as arrays before and after, as in the application; the state and the seconds taken."""
    began = time.perf_counter()
    state = advance.advance(state, train, iterations)
    return state, time.perf_counter() - began


def compare_iterations(session: Session, train: dataset.Dataset, rounds: int, iterations: int) -> None:
    """Print milliseconds an iteration of both loops, which take turns in short pieces, now one first, now the other."""
    hvass = PRESETS["hvass"]
    state, _ = one_piece(advance.start(hvass.network, hvass.recipe), train, iterations)
    session.run(iterations)
    theirs, ours = [], []
    for i in range(rounds):
        if i % 2:
            theirs.append(session.run(iterations))
        state, seconds = one_piece(state, train, iterations)
        ours.append(seconds)
        if not i % 2:
            theirs.append(session.run(iterations))
    for name, seconds in (("session", theirs), ("advance", ours)):
        each = [1000 * s / iterations for s in seconds]
        print(f"{name}: median {statistics.median(each):.2f} ms an iteration, {min(each):.2f} to {max(each):.2f}")
    ratio = statistics.median(ours) / statistics.median(theirs)
    print(f"RATIO advance / session: {ratio:.2f}, {rounds} pieces of {iterations} iterations each", flush=True)


def compare_recipes(session: Session, train: dataset.Dataset, test: dataset.Dataset, seeds: range, share: int) -> None:
    """Print what `fast` reaches and how long it takes; before each seed the tutorials' loop runs a share of its way."""
    fast = PRESETS["fast"]
    advance.advance(advance.start(fast.network, fast.recipe), train, 10)
    theirs, ours, accuracies = [], [], []
    for seed in seeds:
        theirs.append(session.run(ITERATIONS // share) * share)
        state, seconds = advance.start(fast.network, fast.recipe, seed), 0.0
        while state.iteration < fast.recipe.iterations:
            state, took = one_piece(state, train, min(PIECE, fast.recipe.iterations - state.iteration))
            seconds += took
        ours.append(seconds)
        probs = evaluation.probabilities(Network(state.network, state.weights), test.images)
        accuracies.append(evaluation.score(test.labels, probs).accuracy)
        print(f"seed {seed}: fast {accuracies[-1]:.2%} on the test set in {seconds:.1f} s", flush=True)
    reached, theirs_s, ours_s = (statistics.median(values) for values in (accuracies, theirs, ours))
    print(f"fast: median {reached:.2%}, {'at least' if reached >= GOAL else 'BELOW'} {GOAL:.1%}, in {ours_s:.1f} s")
    how = "measured" if share == 1 else f"{share} times {ITERATIONS // share:,} iterations"
    print(f"tutorials' recipe, {ITERATIONS:,} iterations: median {theirs_s:.1f} s ({how})")
    print(f"RATIO tutorials / fast: {theirs_s / ours_s:.1f}")


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder with MNIST; found as the application finds it when not given")
    parser.add_argument("--rounds", type=int, default=12, help="pieces of each loop")
    parser.add_argument("--iterations", type=int, default=PIECE, help="of a piece, about a second")
    parser.add_argument("--full", action="store_true", help="run the tutorials' 10,000 iterations, not a share of them")
    parser.add_argument("--quick", action="store_true", help="four short pieces, one seed")
    parser.add_argument(SESSION, action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.quick:
        args.rounds, args.iterations = 4, 50
    source, _ = dataset.find(args.data)
    if source is None:
        parser.error("MNIST is not on this machine; see README, Digits.")
    train = dataset.load(source, "train")
    if args.session:
        serve_session(train)
        return
    session = Session(args.data or "")
    compare_iterations(session, train, args.rounds, args.iterations)
    seeds = range(1 if args.quick else 5)
    compare_recipes(session, train, dataset.load(source, "test"), seeds, 1 if args.full else 20)
    session.close()


if __name__ == "__main__":
    main()
