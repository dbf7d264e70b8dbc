"""Between a browser and Streamlit: ASGI middleware that knows a browser again and bounds what one of them may send."""
