"""Small random distortions of training images: shifted, turned, scaled and sheared a little, as handwriting differs."""

from __future__ import annotations

from typing import Any

from cnnviz.lazy import tf

SHIFT_PX = 2.0
TURN = 0.2
SCALE = 0.12
SHEAR = 0.2


def distort(images: Any, seed: Any) -> Any:
    """Distort each image on its own by a random affine map around its middle.

    Args:
        images: float32 tensor, shape (n, height, width, 1), in [0, 1].
        seed: integer tensor, shape (2,), e.g. (seed of the run, iteration); the same gives the same distortions.

    Returns:
        float32 tensor, same shape, in [0, 1]; 0 where the map reaches outside the image.
    """
    numbers = tf.random.stateless_uniform((5, tf.shape(images)[0]), seed, -1.0, 1.0)
    return transform(images, affine(numbers, (images.shape[1], images.shape[2])))


def shift(images: Any, seed: Any, most_px: int) -> Any:
    """Move each image on its own by up to `most_px` whole pixels right or left, and down or up.

    Args:
        images: float32 tensor, shape (n, height, width, 1), in [0, 1].
        seed: integer tensor, shape (2,), as for `distort`.
        most_px: at least 0.

    Returns:
        float32 tensor, same shape; 0 where it was moved away.
    """
    n = tf.shape(images)[0]
    steps = tf.random.stateless_uniform((2, n), seed, -most_px, most_px + 1, tf.int32)
    right, down = tf.unstack(tf.cast(steps, tf.float32))
    one, nothing = tf.ones(n), tf.zeros(n)
    return transform(images, tf.stack([one, nothing, -right, nothing, one, -down, nothing, nothing], axis=1))


def affine(numbers: Any, size: tuple[int, int]) -> Any:
    """The affine maps that five numbers an image stand for.

    Args:
        numbers: float32 tensor, shape (5, n), in [-1, 1]: shift to the right, shift down, turn to the left, enlarge,
            shear (the top to the right), each as a fraction of the largest allowed here; 0 changes nothing.
        size: height and width of the images.

    Returns:
        float32 tensor, shape (n, 8): for each image a0, a1, a2, b0, b1, b2, 0, 0, where the output's pixel (x, y)
        shows the input at (a0 x + a1 y + a2, b0 x + b1 y + b2), as in `tf.raw_ops.ImageProjectiveTransformV3`.
    """
    right, down, turn, scale, shear = tf.unstack(numbers)
    turn, shear, size_px = turn * TURN, shear * SHEAR, tf.exp(-scale * SCALE)
    a0, a1 = size_px * tf.cos(turn), size_px * (shear * tf.cos(turn) - tf.sin(turn))
    b0, b1 = size_px * tf.sin(turn), size_px * (shear * tf.sin(turn) + tf.cos(turn))
    x, y = (size[1] - 1) / 2, (size[0] - 1) / 2
    a2 = x - a0 * (x + right * SHIFT_PX) - a1 * (y + down * SHIFT_PX)
    b2 = y - b0 * (x + right * SHIFT_PX) - b1 * (y + down * SHIFT_PX)
    nothing = tf.zeros_like(a0)
    return tf.stack([a0, a1, a2, b0, b1, b2, nothing, nothing], axis=1)


def transform(images: Any, maps: Any) -> Any:
    """Move every image by its map, with bilinear interpolation and 0 outside; shapes as in `affine`."""
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=maps,
        output_shape=tf.shape(images)[1:3],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
    )
