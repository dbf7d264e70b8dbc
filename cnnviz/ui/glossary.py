"""The word list: every exact term of the field that the pages use, each in a sentence."""

from __future__ import annotations

import streamlit as st

TERMS = {
    "Accuracy": "The share of images that the network reads right, for example 98 of 100.",
    "Activation": "The number that a neuron, or one pixel of a feature map, has for the image that is shown.",
    "Adversarial example": "An image changed a little, on purpose, to be misread (Szegedy and others, 2014).",
    "Batch": "The images that are looked at together in one training step, often 64.",
    "Bias": "A number that is added to the sum of products; it sets how easily a filter responds.",
    "Channel": "One of the pictures that an image or a layer's output is made of: colours have three, grey has one.",
    "Class": "One of the possible answers, here the digits 0 to 9.",
    "Confusion matrix": "How many images of each digit were read as each digit; errors lie off the diagonal.",
    "Convolution": "A kernel slides over the image; at each place it multiplies pixels by weights and adds them up.",
    "Cross-entropy": "The loss of one image: −log of the probability of the true digit; 0 when that is 1.",
    "Epoch": "Once through all training images; how many training steps that is depends on the batch.",
    "Feature map": "The result of one filter at every place of its input: bright where the filter found its pattern.",
    "Filter": "One kernel for each input channel and one bias; each filter makes one feature map.",
    "Fully connected layer": "A layer in which every neuron takes in all numbers of the layer before.",
    "Gradient": "Tells for each weight in which direction the loss grows; training goes a little the other way.",
    "Kernel": "A small square of weights, often 5×5, that slides over the image.",
    "Label": "The right answer that comes with an image.",
    "Learning rate": "How far the weights are moved in one training step.",
    "Logit": "The number that the last layer gives each digit, before the softmax makes probabilities of all ten.",
    "Loss": "One number for how wrong the answers are; training makes it smaller.",
    "MNIST": "70,000 handwritten digits of 28×28 pixels, collected from employees and school students in the USA.",
    "Occlusion": "Part of the image is covered, to see how much the answer depends on that part.",
    "One-hot": "A digit written as ten numbers: a 1 at its own place, 0 at the others.",
    "Overfitting": "The network reads the images it learned from better than new ones.",
    "Padding": "Zeros around the image, so that the kernel can also stand at its edge.",
    "PCA": "Finds the directions in which many points differ most, and shows them along the first two (Pearson, 1901).",
    "Pooling": "Makes a map smaller: of each 2×2 pixels only the largest number is kept (max-pooling).",
    "Precision": "Of everything that was read as a 7, the share that really were sevens.",
    "Recall": "Of all real sevens, the share that were read as a 7.",
    "Receptive field": "The part of the image that one pixel of a feature map depends on.",
    "ReLU": "Keeps positive numbers and turns negative ones into 0.",
    "Saliency": "How strongly the answer would change if one pixel changed a little.",
    "Softmax": "Turns the ten logits into ten probabilities, each above 0, that add up to 100 %.",
    "Stride": "How many pixels the kernel moves on at a time.",
    "t-SNE": "Draws a map where near points stay near; distances of groups mean little (van der Maaten, Hinton 2008).",
    "Test set": "Images that the network never learns from and that are used once, to judge it.",
    "Training step": "The network looks at one batch of images and changes its weights a little, to lower the loss.",
    "Validation set": "Images that the network does not learn from, used to watch it while it learns.",
    "Weight": "A number that training changes; what the network has learned is its weights.",
}  # fmt: skip


class Words:
    """What the list says of itself."""

    button = title = "Words"
    entry = "**{term}**: {sentence}"


@st.dialog(Words.title, width="large")
def show() -> None:
    """All terms, in alphabetical order."""
    st.markdown("\n\n".join(Words.entry.format(term=term, sentence=sentence) for term, sentence in TERMS.items()))


def help_of(*terms: str) -> str:
    """What terms mean, for the `help` of a widget or a sentence on a page.

    Raises:
        KeyError: when the list has no such term.
    """
    return "\n\n".join(Words.entry.format(term=term, sentence=TERMS[term]) for term in terms)
